export async function diffStateVersions(..._a: unknown[]): Promise<string> { throw new Error('x'); }
