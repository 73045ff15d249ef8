import { graphql } from './gql/gql.ts';

/** Everything the runner says to the API. The types beside these texts are generated from schema.graphql. */
export const RegisterRunnerDocument = graphql(`
  mutation RegisterRunner($input: RegisterRunnerInput!) {
    registerRunner(input: $input) {
      __typename
      ... on RegisterRunnerPayload {
        runner {
          id
          name
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const ClaimRunDocument = graphql(`
  mutation ClaimRun($input: ClaimRunInput!) {
    claimRun(input: $input) {
      __typename
      ... on ClaimRunPayload {
        claimed {
          spec
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const HeartbeatRunsDocument = graphql(`
  mutation HeartbeatRuns($input: HeartbeatRunsInput!) {
    heartbeatRuns(input: $input) {
      __typename
      ... on HeartbeatRunsPayload {
        leases {
          runId
          isHeld
          isCancelRequested
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const AppendRunLogsDocument = graphql(`
  mutation AppendRunLogs($input: AppendRunLogsInput!) {
    appendRunLogs(input: $input) {
      __typename
      ... on AppendRunLogsPayload {
        lastSeq
      }
      ... on ExpectedSeqError {
        expectedSeq
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const AppendActivityDocument = graphql(`
  mutation AppendActivity($input: AppendActivityInput!) {
    appendActivity(input: $input) {
      __typename
      ... on AppendActivityPayload {
        lastSeq
      }
      ... on ExpectedSeqError {
        expectedSeq
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const UploadArtifactDocument = graphql(`
  mutation UploadArtifact($input: UploadArtifactInput!) {
    uploadArtifact(input: $input) {
      __typename
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const CompleteRunDocument = graphql(`
  mutation CompleteRun($input: CompleteRunInput!) {
    completeRun(input: $input) {
      __typename
      ... on ExpectedSeqError {
        expectedSeq
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const RequestLandingDocument = graphql(`
  mutation RequestLanding($input: RequestLandingInput!) {
    requestLanding(input: $input) {
      __typename
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const ReportLandingDocument = graphql(`
  mutation ReportLanding($input: ReportLandingInput!) {
    reportLanding(input: $input) {
      __typename
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const ReportRepositoriesDocument = graphql(`
  mutation ReportRepositories($input: ReportRepositoriesInput!) {
    reportRepositories(input: $input) {
      __typename
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const ReportProgramsDocument = graphql(`
  mutation ReportPrograms($input: ReportProgramsInput!) {
    reportPrograms(input: $input) {
      __typename
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const AnswerRepositoryCheckDocument = graphql(`
  mutation AnswerRepositoryCheck($input: AnswerRepositoryCheckInput!) {
    answerRepositoryCheck(input: $input) {
      __typename
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const ReportWorkFoldersDocument = graphql(`
  mutation ReportWorkFolders($input: ReportWorkFoldersInput!) {
    reportWorkFolders(input: $input) {
      __typename
      ... on ReportWorkFoldersPayload {
        verdicts {
          name
          task
          isMerged
          overForMs
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const RunnerCommandsDocument = graphql(`
  subscription RunnerCommands {
    runnerCommands {
      type
      runId
      reason
      requestId
      path
      name
    }
  }
`);
