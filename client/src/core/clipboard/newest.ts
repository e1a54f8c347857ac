/** Where the copy is that somebody means who pastes. */
export type Place = 'here' | 'canvas';

/**
 * Tells which copy is the newer one: this computer's or GIMP's. A page is not
 * told when another program copies; but while it keeps the focus none does, and
 * a clipboard that holds what it held before GIMP copied has not changed since.
 */
export class Newest {
  #canvas = false;
  #away = false;
  #seen = '';

  /** GIMP copied something. */
  copied(): void {
    this.#canvas = true;
    this.#away = false;
  }

  /** The page lost the focus: another program may copy now. */
  left(): void {
    this.#away = true;
  }

  /**
   * Somebody pastes, and this computer's clipboard holds what key stands for,
   * or nothing ('').
   */
  pasted(key: string): Place {
    const same = key === '' || key === this.#seen;
    const canvas = this.#canvas && (!this.#away || same);
    if (key !== '') this.#seen = key;
    if (!canvas) this.#canvas = false;
    return canvas || key === '' ? 'canvas' : 'here';
  }
}
