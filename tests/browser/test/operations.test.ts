// The tests of webhooks with real receivers, on one stack without other data.
// oxlint-disable import/no-unassigned-import -- each part defines its tests
import './without-email.js';
import './lifecycle.js';
import './failing-receiver.js';
import './recovery.js';
import './outage.js';
import './lists.js';
