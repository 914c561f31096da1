import { type ApiClient, retryingClient } from '@posthorn/testkit';

/** Creates an API client that retries 503 only, because such a call has changed nothing. The model checks all other statuses. */
export function sequenceClient(apiUrl: string, apiKey: string): ApiClient {
  return retryingClient(apiUrl, apiKey, { shouldRetry: (status) => status === 503 });
}
