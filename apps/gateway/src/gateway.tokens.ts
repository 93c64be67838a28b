/** Injection tokens of values that are made before Nest: settings, catalog and the files of the web page. */
export const SETTINGS_TOKEN = Symbol('settings');
export const CATALOG_TOKEN = Symbol('catalog');
export const PAGE_FILES = Symbol('page files');
