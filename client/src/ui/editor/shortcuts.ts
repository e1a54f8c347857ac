import { Keysym } from '../../core/input/keysyms';

const { Control_L, Shift_L, Alt_L, Tab, Escape } = Keysym;
const char = (c: string) => c.charCodeAt(0);

/** Keys that Easel itself listens to. */
export const OURS = [
  { keys: ['Ctrl', 'Alt', 'Shift'], about: 'Leave the canvas for the toolbar' },
  { keys: ['Esc'], about: 'Close a panel, back to the canvas' },
] as const;

/** Shortcuts that browsers keep for themselves, with what GIMP does on them. */
export const KEPT: readonly { keys: string[]; about: string; keysyms: number[] }[] = [
  { keys: ['Ctrl', 'N'], about: 'New image', keysyms: [Control_L, char('n')] },
  { keys: ['Ctrl', 'Shift', 'N'], about: 'New layer', keysyms: [Control_L, Shift_L, char('N')] },
  { keys: ['Ctrl', 'W'], about: 'Close image', keysyms: [Control_L, char('w')] },
  { keys: ['Ctrl', 'T'], about: 'Show selection', keysyms: [Control_L, char('t')] },
  {
    keys: ['Ctrl', 'Shift', 'T'],
    about: 'Show guides',
    keysyms: [Control_L, Shift_L, char('T')],
  },
  { keys: ['Ctrl', 'Tab'], about: 'Next image', keysyms: [Control_L, Tab] },
  { keys: ['Alt', 'Tab'], about: 'Next window', keysyms: [Alt_L, Tab] },
  { keys: ['Esc'], about: 'Cancel, in full screen', keysyms: [Escape] },
];

/** What fingers do. */
export const TOUCH = [
  { gesture: 'One finger', about: 'Draw' },
  { gesture: 'Two fingers', about: 'Scroll' },
  { gesture: 'Tap of two fingers', about: 'Right click' },
] as const;
