import { createFileRoute } from '@tanstack/react-router';
import { EventTypePage } from '../pages/event-types/event-type-page.js';

export const Route = createFileRoute('/_app/event-types/$name')({ component: EventTypePage });
