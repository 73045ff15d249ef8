/** GraphiQL itself, 9 MB as texts: a file of its own in the build, which is read when the first person opens it. */
export { css, editorWorkerService, graphqlWorker, js, jsonWorker } from '@graphql-yoga/render-graphiql/graphiql';
