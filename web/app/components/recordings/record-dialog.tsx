import { CirclePause, CirclePlay, Mic, Square } from 'lucide-react';
import { useEffect, useState } from 'react';
import { durationText } from '~/lib/time-text.ts';
import { useNow } from '~/lib/clock.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { Field, Select } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { microphones, whyNoRecording } from './recorder.ts';
import { useRecorder } from './use-recorder.ts';

/** Records in the browser: what is said is kept there until the server has it. */
export function RecordDialog({
  projectId,
  onClose,
  onDone,
}: {
  projectId: string;
  onClose(): void;
  onDone(recordingId: string): void;
}) {
  const impossible = whyNoRecording();
  const { state, level, waiting, failure, start, stop, pause, resume } = useRecorder(projectId, onDone);
  const [deviceId, setDeviceId] = useState('');
  const devices = useMicrophones(impossible === null, state);
  const isOn = state === 'recording' || state === 'paused';
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => (isOpen || state !== 'idle' ? undefined : onClose())}
      title="Record"
      description="Say what you want done. It is transcribed by this system’s speech engine, and read by the orchestrator as your message."
    >
      {impossible ? <Notice kind="warning">{impossible}</Notice> : null}
      {failure ? (
        <Notice kind="error" role="alert" className="mb-4">
          {failure}
        </Notice>
      ) : null}
      {waiting ? (
        <Notice kind="warning" role="status" className="mb-4">
          {waiting} Nothing is lost: this browser keeps what you say.
        </Notice>
      ) : null}
      {impossible === null ? (
        <>
          <Field label="Microphone">
            <Select value={deviceId} disabled={state !== 'idle'} onChange={(event) => setDeviceId(event.target.value)}>
              <option value="">The browser’s choice</option>
              {devices.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
          <div className="mt-4 flex items-center gap-3">
            <meter
              aria-label="Level"
              min={0}
              max={1}
              value={state === 'recording' ? level : 0}
              className="h-3 min-w-0 flex-1 accent-accent"
            />
            <span role="timer" className="tabular w-14 text-right text-muted">
              <RecordedTime isRunning={state === 'recording'} isReset={state === 'idle'} />
            </span>
          </div>
        </>
      ) : null}
      <DialogActions>
        {isOn ? (
          <>
            <Button onClick={state === 'paused' ? resume : pause}>
              {state === 'paused' ? (
                <CirclePlay aria-hidden className="size-4" />
              ) : (
                <CirclePause aria-hidden className="size-4" />
              )}
              {state === 'paused' ? 'Go on' : 'Pause'}
            </Button>
            <Button variant="primary" onClick={() => void stop()}>
              <Square aria-hidden className="size-4" />
              Stop and transcribe
            </Button>
          </>
        ) : (
          <>
            <Button onClick={onClose} disabled={state === 'sending'}>
              Close
            </Button>
            {impossible === null ? (
              <Button variant="primary" isBusy={state === 'sending'} onClick={() => void start(deviceId)}>
                {state === 'sending' ? null : <Mic aria-hidden className="size-4" />}
                {state === 'sending' ? 'Sending' : 'Start recording'}
              </Button>
            ) : null}
          </>
        )}
      </DialogActions>
    </Dialog>
  );
}

/** They get their names once one is allowed: so it is looked again when a recording has begun. */
function useMicrophones(canRecord: boolean, state: string): { id: string; name: string }[] {
  const [devices, setDevices] = useState<{ id: string; name: string }[]>([]);
  useEffect(() => {
    if (!canRecord) return undefined;
    let isHere = true;
    const look = (): void =>
      void microphones().then((found) => {
        if (isHere) setDevices(found);
      });
    look();
    navigator.mediaDevices.addEventListener('devicechange', look);
    return () => {
      isHere = false;
      navigator.mediaDevices.removeEventListener('devicechange', look);
    };
  }, [canRecord, state]);
  return devices;
}

/** The time that was recorded, without the pauses. */
function RecordedTime({ isRunning, isReset }: { isRunning: boolean; isReset: boolean }) {
  const now = useNow(isRunning);
  const [{ before, since }, setTime] = useState({ before: 0, since: 0 });
  useEffect(() => {
    if (isReset) setTime({ before: 0, since: 0 });
    else if (isRunning) setTime((time) => ({ ...time, since: Date.now() }));
    else setTime(({ before: so, since: from }) => ({ before: from === 0 ? so : so + Date.now() - from, since: 0 }));
  }, [isRunning, isReset]);
  return durationText(before + (since === 0 ? 0 : Math.max(0, now - since)));
}
