// Publishes an event with the client of openapi-generator and prints its id. Usage: API_URL ADMIN_KEY.
import { Configuration, EventsApi } from './index';

async function main([basePath, accessToken]: string[]): Promise<void> {
  const events = new EventsApi(new Configuration({ basePath, accessToken }));
  const publishEvent = { type: 'client.generated', data: { client: 'typescript-fetch' } };
  const { id } = await events.publishEvent({ publishEvent });
  console.log(id);
}

void main(process.argv.slice(2));
