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

/** A key, as far as its accent depends on it. */
export interface DeadKey {
  /** KeyboardEvent.code */
  code: string;
  /** What the layout map says the key gives without modifiers, if it is known. */
  base: string | undefined;
  shift: boolean;
  altGraph: boolean;
}

/** The accent of a dead key as a combining character, null when unknown. */
export function accentOf({ code, base, shift, altGraph }: DeadKey): string | null {
  if (base === undefined) return null;
  const plain = isAccent(base) ? base : (ACCENTS[base] ?? null);
  if (altGraph) return plain === '\u0308' ? '\u0303' : plain;
  if (!shift) return plain;
  if (base === '6') return '\u0302';
  switch (plain) {
    case '\u0300':
      return code === 'Backquote' ? '\u0303' : '\u0302';
    case '\u0301':
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
