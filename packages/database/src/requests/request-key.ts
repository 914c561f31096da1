/** Identifies a request with an Idempotency-Key. */
export interface RequestKey {
  apiKeyId: string;
  key: string;
}

/** A request that the caller has claimed. `token` distinguishes the claim from a later one of the same key. */
export interface ClaimedRequest extends RequestKey {
  token: Date;
}

/** Condition: the claim $1 (API key), $2 (key), $3 (token) still holds, without a response. */
export const IS_CLAIMED = 'api_key_id = $1 AND key = $2 AND locked_until = $3 AND response_status IS NULL';
