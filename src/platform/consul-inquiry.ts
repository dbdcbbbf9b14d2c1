import { Inquiry } from './inquiry.js';
import type { Settings } from './settings.js';

/** Consul for finding out what is wrong: every answer counts, none is repeated. */
export function consulInquiry(settings: Settings): Inquiry {
  return new Inquiry({
    base: settings.CONSUL_HTTP_ADDR,
    headers: settings.CONSUL_HTTP_TOKEN === undefined ? {} : { 'X-Consul-Token': settings.CONSUL_HTTP_TOKEN },
    ca: settings.CONSUL_CACERT,
    cert: settings.CONSUL_CLIENT_CERT,
    key: settings.CONSUL_CLIENT_KEY,
  });
}
