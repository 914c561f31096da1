// The tests of webhooks with real receivers, on one stack without other data.
// oxlint-disable import/no-unassigned-import -- each part defines its tests
import './lifecycle.js';
import './failing-receiver.js';
import './recovery.js';
import './outage.js';
import './lists.js';
// Creates a tenant: a single one is selected already in forms.
import './without-email.js';
