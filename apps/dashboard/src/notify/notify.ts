import type { NotificationData } from '@mantine/notifications';
import { toProblem } from '../problems/problem.js';

export function notifySuccess(message: string): void {
  void show({ message, color: 'green' });
}

export function notifyProblem(error: unknown): void {
  const { title, detail, errors } = toProblem(error);
  const reasons = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  void show({
    title,
    message: [detail, ...reasons].filter(Boolean).join('. '),
    color: 'red',
    autoClose: 10_000,
  });
}

async function show(notification: NotificationData): Promise<void> {
  const { notifications } = await import('@mantine/notifications');
  notifications.show(notification);
}
