/** For `shouldRevalidate`: what a loader fetched for the first page lives in the cache from then on, where events keep it true. */
export function keepLoaded(): boolean {
  return false;
}
