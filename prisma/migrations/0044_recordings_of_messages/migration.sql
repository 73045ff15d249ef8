-- The message that a transcript was said with: a recording has one at most, however often it is transcribed.
-- No row has one yet, so there is nothing to validate.
ALTER TABLE "messages" ADD COLUMN "recording_id" UUID;
CREATE UNIQUE INDEX "messages_recording_id_key" ON "messages" ("recording_id");
ALTER TABLE "messages" ADD CONSTRAINT "messages_recording_id_fkey" FOREIGN KEY ("recording_id") REFERENCES "recordings"("id") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;
