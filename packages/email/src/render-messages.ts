import type { Locale } from '@posthorn/core';
import { layOut } from './layout.js';
import type { MailContent } from './mail.js';
import { translate } from './translate.js';

/** Returns the message that asks the owner of an address to confirm it. */
export function renderConfirmation({
  locale,
  confirmUrl,
  unsubscribeUrl,
}: {
  locale: Locale;
  confirmUrl: string;
  unsubscribeUrl: string;
}): MailContent {
  const t = translate(locale);
  return layOut(
    t('subject.confirmation'),
    [
      { kind: 'line', text: t('confirmation') },
      { kind: 'link', text: t('confirm'), url: confirmUrl },
      { kind: 'note', text: t('ignore') },
      { kind: 'link', text: t('unsubscribe'), url: unsubscribeUrl },
    ],
    locale,
  );
}

/** Returns the message that shows an operator that email works. */
export function renderTest(): MailContent {
  const t = translate('en');
  return layOut(t('subject.test'), [{ kind: 'line', text: t('test') }], 'en');
}
