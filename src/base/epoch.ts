// A number that changes whenever one of many things has changed: who has checked them all at one value need not check
// them again while it stands. The caller of a hot path keeps the value and compares it, which is one load. It never
// goes back, and a change too many costs its readers one full check.

/** See the file header. */
export class Epoch {
  value = 0

  /** Something has changed. */
  advance(): void {
    this.value++
  }
}
