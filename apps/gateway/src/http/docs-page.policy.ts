import type { HelmetOptions } from 'helmet';

/**
 * What the page of the API documentation may do, for helmet: run its own scripts, ask this gateway, be in no frame. Its
 * styles stand in the document. Whether a name is to be asked by https only is for who ends TLS to say, not for us.
 */
export const DOCS_PAGE: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'font-src': ["'self'"],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
};
