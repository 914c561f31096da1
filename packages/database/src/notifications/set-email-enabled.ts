import type pg from 'pg';

/** Exists while producers send emails: then exhausted deliveries are reported even if no webhook subscribes to that. */
export const EMAIL_SETTING = 'email_enabled';

/** Records whether emails are sent. */
export async function setEmailEnabled(pool: pg.Pool, isEnabled: boolean): Promise<void> {
  const statement = isEnabled
    ? `INSERT INTO setting (key, value) VALUES ('${EMAIL_SETTING}', 'true') ON CONFLICT (key) DO NOTHING`
    : `DELETE FROM setting WHERE key = '${EMAIL_SETTING}'`;
  await pool.query(statement);
}
