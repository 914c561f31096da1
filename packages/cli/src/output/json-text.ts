/** A result that is JSON text already. It is printed with its numbers and keys unchanged. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
