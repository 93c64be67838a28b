/** Injection tokens of values that are made before Nest: settings and catalog. */
export const SETTINGS_TOKEN = Symbol('settings');
export const CATALOG_TOKEN = Symbol('catalog');
