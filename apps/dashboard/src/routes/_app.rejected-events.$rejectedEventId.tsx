import { createFileRoute } from '@tanstack/react-router';
import { RejectedEventPage } from '../pages/rejected-events/rejected-event-page.js';

export const Route = createFileRoute('/_app/rejected-events/$rejectedEventId')({
  component: RejectedEventPage,
});
