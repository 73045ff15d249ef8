/**
 * Something that many follow at once: its items have positions, the rows behind it can be read again from any of them,
 * and what comes live comes to all.
 */
export interface Feed<Item = unknown> {
  /** Tells feeds apart. */
  key: string;
  /** Where it stands now; `isOver`: nothing more will come. */
  head(): Promise<{ position: bigint; isOver: boolean }>;
  /**
   * Everything behind a position, each once and in order: from the rows first, then live.
   * @returns what came together, together; ends when nothing more can come, and at once when its reader goes
   */
  follow(position: bigint): AsyncGenerator<readonly Item[]>;
  /** Where one stands who has this item; null: it has no place, and may be missed. */
  positionAfter(item: Item): bigint | null;
  /** Whether nothing comes after this item. */
  isLast(item: Item): boolean;
  /** What of an item is new to one who stands here; null: nothing. */
  newOf(item: Item, position: bigint): Item | null;
}
