/** Injection tokens of values that are made before Nest: settings, catalog, logger. */
export const SETTINGS_TOKEN = Symbol('settings');
export const CATALOG_TOKEN = Symbol('catalog');
export const LOGGER_TOKEN = Symbol('logger');
