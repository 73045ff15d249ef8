import type { RequestHandler } from 'express';

const READING = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses forms that another site posted, before Remix, which would call it a failure of ours. Browsers say where a
 * request comes from in at least one of the two headers.
 */
export const refuseForeignForms: RequestHandler = (req, res, next) => {
  const site = req.get('sec-fetch-site');
  const origin = req.get('origin');
  // What the api says of it; a page elsewhere can not add this header to a form.
  const host = req.get('x-forwarded-host') ?? req.get('host');
  const isOwnOrigin = origin !== undefined && origin === `${req.protocol}://${host}`;
  // Where both are said, both must hold.
  const isSame = site === undefined ? isOwnOrigin : site === 'same-origin' && (origin === undefined || isOwnOrigin);
  if (READING.includes(req.method) || isSame) {
    next();
    return;
  }
  res.status(403).type('text/plain').send('This form was sent from another site.');
};
