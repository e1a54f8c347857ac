/** PointerEvent.buttons bits with their X11 buttons. */
const BUTTONS = [
  [1, 1],
  [4, 2],
  [2, 3],
  [8, 8],
  [16, 9],
] as const;

/** One button that went down or up. */
export interface ButtonChange {
  button: number;
  down: boolean;
}

/**
 * What changed between two PointerEvent.buttons masks. Masks rather than
 * event.button: a second button pressed during a drag only shows in the mask.
 */
export function buttonChanges(before: number, after: number): ButtonChange[] {
  return BUTTONS.filter(([bit]) => (before ^ after) & bit).map(([bit, button]) => ({
    button,
    down: (after & bit) !== 0,
  }));
}
