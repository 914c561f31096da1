import { apiConfig, outboundRules } from '@posthorn/contract';
import { createSealer } from '@posthorn/core';
import { connect, migrate, verifyEncryptionKey } from '@posthorn/database';
import { openDefinitions, registerAdminKey } from '@posthorn/database/definitions';
import { createAcceptor } from '@posthorn/fanout';
import { createSender } from '@posthorn/outbound';
import { createDeliveryQueue } from '@posthorn/queue';
import { runService } from '@posthorn/runtime';
import { createApi } from './create-api.js';
import { serve } from './serve.js';

await runService({
  name: 'api',
  config: apiConfig,
  async start({ config, logger, registry }) {
    await migrate(config.databaseUrl);
    const database = connect({ url: config.databaseUrl, applicationName: 'posthorn api', max: 10 });
    const { pool } = database;
    const sealer = createSealer(config.encryptionKey);
    await verifyEncryptionKey(pool, sealer);
    const definitions = openDefinitions(pool);
    if (config.adminKey !== null) await registerAdminKey(definitions, config.adminKey);

    const outbound = outboundRules(config);
    if (outbound.allow.length > 0 || outbound.http)
      logger.warn('webhooks may leave the public internet', { outbound });
    const sender = createSender(outbound);
    const deliveries = await createDeliveryQueue({
      redisUrl: config.redisUrl,
      prefix: config.queuePrefix,
      onError: (error) => logger.debug('delivery queue', { error }),
    });
    const acceptor = createAcceptor({
      pool,
      deliveries,
      onEnqueueError: (error) => logger.warn('jobs could not be made: the reconciler will', { error }),
    });

    const app = createApi({
      pool,
      definitions,
      acceptor,
      deliveries,
      sender,
      outbound,
      sealer,
      logger,
      registry,
      metricsToken: config.metricsToken,
    });
    const server = await serve(app, config);
    logger.info('listening', { host: config.host, port: server.port });

    return {
      async stop() {
        await server.stop();
        await acceptor.close();
        await deliveries.close();
        sender.close();
        await definitions.$disconnect();
        await database.close();
      },
    };
  },
});
