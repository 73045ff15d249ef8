import type { UserActor } from '#core/access/actor.ts';

/**
 * Stands for everybody who is answered with the same bytes: known is only whether they administer the system. A resolver
 * that wants to know more would tell one what is another's, so it fails.
 */
export class SharedReader implements UserActor {
  readonly kind = 'user';
  readonly isAdmin: boolean;

  constructor(isAdmin: boolean) {
    this.isAdmin = isAdmin;
  }

  get userId(): never {
    return refuse('userId');
  }
  get email(): never {
    return refuse('email');
  }
  get sessionId(): never {
    return refuse('sessionId');
  }
}

function refuse(name: string): never {
  throw new Error(`An answer that is shared by its readers may not depend on who one of them is (${name}).`);
}
