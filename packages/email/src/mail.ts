/** A message as it is sent: a text and the same as HTML. */
export interface MailContent {
  subject: string;
  text: string;
  html: string;
}

/** A message to one address. */
export interface Mail extends MailContent {
  to: string;
  /** The same at every attempt, so that clients show a message that is sent twice once. */
  id: string;
  /** Where the recipient unsubscribes; null for operators. */
  unsubscribeUrl: string | null;
}
