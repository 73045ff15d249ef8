import type { Launch, LaunchOrder } from './launch-order.ts';
import { PlainLaunch } from './plain-launch.ts';
import { SandboxedLaunch } from './sandboxed-launch.ts';

/** Starts a command in the way that the order asks for. */
export function launch(order: LaunchOrder): Launch {
  return order.sandbox ? new SandboxedLaunch(order, order.sandbox) : new PlainLaunch(order);
}
