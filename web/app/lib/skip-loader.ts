/**
 * For `clientLoader`: inside the browser a page asks its cache and the API itself, so a click shows it at once. The route's loader serves the
 * first page only.
 */
export async function skipLoader(): Promise<null> {
  return Promise.resolve(null);
}
