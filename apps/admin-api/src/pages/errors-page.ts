import { ERROR_ENTRIES, FIELD_ERROR_ENTRIES } from '@posthorn/contract';
import { escapeHtml } from '@posthorn/email';

/** Returns the error reference as an HTML page. Each error code is an anchor, which `type` of a problem links to. */
export function errorsPage(): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Errors of the Posthorn API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/errors.css">
</head>
<body>
<h1>Errors</h1>
<p>Each error response is a problem (RFC 9457) with one of these codes as its <code>code</code>. See also the
<a href="/docs">API reference</a>.</p>
${ERROR_ENTRIES.map(sectionOf).join('\n')}
<h2 id="fields">Codes of fields</h2>
<p>The entries of <code>errors</code> have these codes. <code>params</code> has the values in the place of <code>{name}</code>.</p>
<table>
<tr><th>Code</th><th>Message</th></tr>
${FIELD_ERROR_ENTRIES.map(fieldOf).join('\n')}
</table>
</body>
</html>
`;
}

function sectionOf({ code, status, title, cause, remedy }: (typeof ERROR_ENTRIES)[number]): string {
  return `<section id="${code}">
<h2><a href="#${code}"><code>${code}</code></a></h2>
<p>${status}: ${escapeHtml(title)}</p>
<p><b>Cause:</b> ${toHtml(cause)}</p>
<p><b>Remedy:</b> ${toHtml(remedy)}</p>
</section>`;
}

const fieldOf = ({ code, message }: (typeof FIELD_ERROR_ENTRIES)[number]): string =>
  `<tr><td><code>${code}</code></td><td>${escapeHtml(message)}</td></tr>`;

/** Converts text with code spans. */
const toHtml = (text: string): string => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

export const ERRORS_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 45rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2rem; font-size: 1.1rem; }
h2 a { color: inherit; text-decoration: none; }
section:target { outline: 2px solid; outline-offset: 0.5rem; }
`;
