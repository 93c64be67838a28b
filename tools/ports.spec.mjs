import net from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { findBusyPorts } from './ports.mjs';

describe('findBusyPorts', () => {
  it('names the process that has the port and the setting that changes it, and is silent about free ports', async () => {
    const server = net.createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    const wanted = [{ host: '127.0.0.1', port, setting: 'ENGINE_PORT' }];
    const busy = await findBusyPorts(wanted);
    await new Promise((resolve) => server.close(resolve));
    expect(busy).toHaveLength(1);
    expect(busy[0]).toContain(`Port ${port} is in use by process ${process.pid}`);
    expect(busy[0]).toContain('set ENGINE_PORT to another port');
    expect(await findBusyPorts(wanted)).toEqual([]);
  });

  it('says so when the address is not one of this machine', async () => {
    const [message] = await findBusyPorts([{ host: '192.0.2.1', port: 23_999, setting: 'GATEWAY_PORTS' }]);
    expect(message).toContain('192.0.2.1 is no address of this machine');
  });
});
