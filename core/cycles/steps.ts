/**
 * Steps of which none depends on the one before: each is taken, whatever became of the others, and what failed is
 * told at the end.
 */
export class Steps {
  private readonly errors: unknown[] = [];

  /** @param instead what stands for the result of a step that fails */
  async take<T>(instead: T, step: (instead: T) => Promise<T>): Promise<T> {
    try {
      return await step(instead);
    } catch (error) {
      this.errors.push(error);
      return instead;
    }
  }

  /** @throws what a step has thrown; of several, all in one */
  assertTaken(): void {
    if (this.errors.length > 1) throw new AggregateError(this.errors, `${this.errors.length} steps failed`);
    if (this.errors.length === 1) throw this.errors[0];
  }
}
