import { useCallback, useState } from 'react';
import { useClient } from 'urql';
import { cutText } from '#contract/cut-text.ts';
import { MAX_NAME_CHARS, MAX_RECORDING_BYTES } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { DeleteRecording_Mutation } from './delete-recording.ts';
import { sendPart } from './send-recording.ts';

/** Small enough for a slow line to take each within the time that the server waits for it. */
const FILE_PART_BYTES = 1024 * 1024;

const CreateRecording_Mutation = graphql(`
  mutation CreateRecording($input: CreateRecordingInput!) {
    createRecording(input: $input) {
      __typename
      ... on CreateRecordingPayload {
        recording {
          id
          revision
          ...RecordingItem_Recording
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const FinishRecording_Mutation = graphql(`
  mutation FinishRecording($input: FinishRecordingInput!) {
    finishRecording(input: $input) {
      __typename
      ... on FinishRecordingPayload {
        recording {
          id
          revision
          ...RecordingItem_Recording
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

export interface Sending {
  name: string;
  /** From 0 to 1. */
  fraction: number;
  /** Why it does not go on at the moment; null: it does. */
  waiting: string | null;
}

/** Opens and ends uploads on the server. @throws Error in words for people */
export function useRecordingUploads() {
  const client = useClient();
  const create = useCallback(
    async (input: { projectId: string; name: string; mimeType: string; size: number | null }): Promise<string> => {
      const result = await client.mutation(CreateRecording_Mutation, { input }).toPromise();
      const failure = mutationFailure(result);
      const answer = result.data?.createRecording;
      if (failure !== null || answer?.__typename !== 'CreateRecordingPayload')
        throw new Error(failure ?? 'The server did not answer.');
      return answer.recording.id;
    },
    [client],
  );
  const finish = useCallback(
    async (recordingId: string, partCount: number): Promise<void> => {
      const result = await client.mutation(FinishRecording_Mutation, { input: { recordingId, partCount } }).toPromise();
      const failure = mutationFailure(result);
      if (failure !== null) throw new Error(failure);
    },
    [client],
  );
  /** Takes back what will never be whole. When that fails too, the server does it after a day. */
  const discard = useCallback(
    async (recordingId: string): Promise<void> => {
      await client.mutation(DeleteRecording_Mutation, { input: { recordingId } }).toPromise();
    },
    [client],
  );
  return { create, finish, discard };
}

/** Uploads files, one after the other, and says how far it is. */
export function useSendFile(projectId: string) {
  const uploads = useRecordingUploads();
  const [sending, setSending] = useState<Sending | null>(null);
  const send = async (file: File, signal: AbortSignal): Promise<string> => {
    if (file.size === 0) throw new Error(`${file.name} is empty.`);
    if (file.size > MAX_RECORDING_BYTES)
      throw new Error(
        `${file.name} is larger than ${MAX_RECORDING_BYTES / 1024 ** 2} MB. Cut it, or save it as ogg or mp3.`,
      );
    const { name, size } = file;
    let recordingId: string | null = null;
    try {
      setSending({ name, fraction: 0, waiting: null });
      const mimeType = file.type === '' ? 'audio/mpeg' : file.type;
      recordingId = await uploads.create({ projectId, name: cutText(name, MAX_NAME_CHARS), mimeType, size });
      const partCount = Math.ceil(size / FILE_PART_BYTES);
      for (let number = 0; number < partCount; number += 1) {
        const bytes = file.slice(number * FILE_PART_BYTES, (number + 1) * FILE_PART_BYTES);
        const fraction = number / partCount;
        await sendPart(
          { recordingId, number, bytes },
          { signal, onWaiting: (waiting) => setSending({ name, fraction, waiting }) },
        );
        setSending({ name, fraction: (number + 1) / partCount, waiting: null });
      }
      await uploads.finish(recordingId, partCount);
      return recordingId;
    } catch (error) {
      // Refused or stopped: whoever wants it sends the file again.
      if (recordingId !== null) await uploads.discard(recordingId);
      throw error;
    } finally {
      setSending(null);
    }
  };
  return { sending, send };
}
