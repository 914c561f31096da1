// The tests of single tasks in the dashboard and the portal, beside those of dashboard.test.ts: on another stack with the same data.
// oxlint-disable import/no-unassigned-import -- each part defines its tests
import './ed25519-webhook.js';
import './webhook-auth.js';
import './certificates.js';
import './selection-bar.js';
import './dialogs.js';
import './tenant-page.js';
import './erasures.js';
// These add many events.
import './blocked-keys.js';
import './feed.js';
import './pull-webhook.js';
import './event-type-form.js';
