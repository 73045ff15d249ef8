import { createContext, useContext } from 'react';

const Context = createContext<string | undefined>(undefined);

export const NonceProvider = Context.Provider;

/** The nonce for script elements; known on the server only, as browsers hide it. */
export function useNonce(): string | undefined {
  return useContext(Context);
}
