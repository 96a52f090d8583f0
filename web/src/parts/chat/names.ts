// What a conversation is called outside the page: in the address bar, and as a file.
import { with_query } from "../../api/client";
import type { Conversation } from "../../api/types";

/** To a conversation, or to what a search found in it. */
export function link_to(conversation: Conversation, words: string): string {
  const { id, match_message_id: m } = conversation;
  return with_query(`/c/${id}`, m ? { m, q: words } : {});
}

/** Without an ending. */
export function file_name(title: string): string {
  return (
    title
      .trim()
      .replaceAll(/[^\p{L}\p{N} ._-]+/gu, " ")
      .trim()
      .slice(0, 80) || "conversation"
  );
}
