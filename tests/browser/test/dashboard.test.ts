// The tests of the pages of the dashboard and the portal on one stack, which costs less than a stack for each part.
// oxlint-disable import/no-unassigned-import -- each part defines its tests
import './pages.js';
import './search.js';
import './portal.js';
import './embedded-portal.js';
import './overlays.js';
import './portal-tasks.js';
import './brand.js';
import './portal-snippet.js';
// These add many events.
import './views.js';
import './roles.js';
