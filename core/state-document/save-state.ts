export async function saveState(..._a: unknown[]): Promise<never> { throw new Error('x'); }
export async function rollBackState(..._a: unknown[]): Promise<never> { throw new Error('x'); }
