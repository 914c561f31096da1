import '@mantine/notifications/styles.layer.css';
import { Notifications as MantineNotifications } from '@mantine/notifications';

/** Where notifications appear. Loaded after the page. */
export default function Notifications() {
  return <MantineNotifications position="top-center" />;
}
