/** A piece of highlighted code. */
export interface Token {
  /** Pygments' class, empty for none. */
  readonly class: string;
  readonly text: string;
}
