/** Made by Remix' Vite plugin: the routes with their loaders, ready for a request handler. */
declare module 'virtual:remix/server-build';
