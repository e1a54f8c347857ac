/**
 * Dead keys. A browser only says "Dead" for them and, outside a text field,
 * gives the next key without the accent. So the accent is found from the
 * keyboard's layout, held here, and joined with the next character.
 */

const ACCENTS: Record<string, string> = {
  '`': '\u0300',
  '´': '\u0301',
  "'": '\u0301',
  '^': '\u0302',
  ˆ: '\u0302',
  '~': '\u0303',
  '˜': '\u0303',
  '¯': '\u0304',
  '˘': '\u0306',
  '˙': '\u0307',
  '¨': '\u0308',
  '"': '\u0308',
  '°': '\u030a',
  '˚': '\u030a',
  '˝': '\u030b',
  ˇ: '\u030c',
  '¸': '\u0327',
  '˛': '\u0328',
};

const SPACING: Record<string, string> = {
  '\u0300': '`',
  '\u0301': '´',
  '\u0302': '^',
  '\u0303': '~',
  '\u0304': '¯',
  '\u0306': '˘',
  '\u0307': '˙',
  '\u0308': '¨',
  '\u030a': '°',
  '\u030b': '˝',
  '\u030c': 'ˇ',
  '\u0327': '¸',
  '\u0328': '˛',
};

const isAccent = (char: string) => /^[\u0300-\u036f]$/.test(char);

/** Accents with AltGr on the digits of Czech and Slovak keyboards. */
const CZECH: Record<string, string> = {
  Digit1: '\u0303',
  Digit2: '\u030c',
  Digit3: '\u0302',
  Digit4: '\u0306',
  Digit5: '\u030a',
  Digit6: '\u0328',
  Digit7: '\u0300',
  Digit8: '\u0307',
  Digit9: '\u0301',
  Digit0: '\u030b',
  Minus: '\u0308',
  Equal: '\u0327',
};

/** A dead key and what is held with it. */
export interface DeadKey {
  /** KeyboardEvent.code */
  code: string;
  shift: boolean;
  altGraph: boolean;
}

/**
 * The accent of a dead key as a combining character, null when unknown. The
 * layout says what a key gives without modifiers; which one it is shows where
 * keys alike differ with Shift.
 */
export function accentOf(
  { code, shift, altGraph }: DeadKey,
  baseOf: (code: string) => string | undefined,
): string | null {
  const base = baseOf(code);
  if (base === undefined) return null;
  const plain = isAccent(base) ? base : (ACCENTS[base] ?? null);
  const czech = baseOf('Backquote') === ';';
  if (altGraph) {
    if (czech) return CZECH[code] ?? plain;
    return plain === '\u0308' ? '\u0303' : plain;
  }
  if (!shift) return plain;
  if (base === '6') return '\u0302';
  if (czech && code === 'Backquote') return '\u030a';
  switch (plain) {
    case '\u0300':
      return code === 'Backquote' ? '\u0303' : '\u0302';
    case '\u0301':
      if (czech) return '\u030c';
      return code === 'Quote' ? '\u0308' : '\u0300';
    case '\u0302':
      return '\u0308';
    case '\u0303':
    case '\u0308':
      return '\u0302';
    default:
      return plain;
  }
}

/** Joins an accent with the character typed after it: one character, or the two apart. */
export function join(accent: string, char: string): string[] {
  const spacing = SPACING[accent] ?? '';
  if (char === ' ' || char === spacing) return spacing ? [spacing] : [char];
  const joined = (char + accent).normalize('NFC');
  if ([...joined].length === 1) return [joined];
  // A platform that composes by itself already gave the accented character.
  const composed = char.normalize('NFD').includes(accent);
  return spacing && !composed ? [spacing, char] : [char];
}
