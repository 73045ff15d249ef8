import { graphql } from '~/graphql/gql/gql.ts';

export const DeleteRecording_Mutation = graphql(`
  mutation DeleteRecording($input: DeleteRecordingInput!) {
    deleteRecording(input: $input) {
      __typename
      ... on DeleteRecordingPayload {
        recordingId
      }
      ...MutationFailure_UserError
    }
  }
`);
