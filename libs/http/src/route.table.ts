import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, type DiscoveryService } from '@nestjs/core';
import { TOKEN_ROUTE, type TokenHandler } from './token-route.decorator.js';

interface Route {
  readonly method: string;
  /** Path segments; one that begins with `:` takes any text, one with `*` takes at least one segment. */
  readonly segments: readonly string[];
}

const segmentsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

const fits = (segment: string, part: string | undefined): boolean => segment.startsWith(':') || segment === part;

function matches({ segments }: Route, path: readonly string[]): boolean {
  const star = segments.findIndex((segment) => segment.startsWith('*'));
  if (star < 0)
    return segments.length === path.length && segments.every((segment, index) => fits(segment, path[index]));
  const tail = segments.slice(star + 1);
  const behind = path.slice(path.length - tail.length);
  return (
    path.length >= segments.length &&
    segments.slice(0, star).every((segment, index) => fits(segment, path[index])) &&
    tail.every((segment, index) => fits(segment, behind[index]))
  );
}

/** The routes that the controllers of an application declare. */
export class RouteTable {
  private readonly routes: Route[] = [];
  /** Token routes: path -> controller method. */
  readonly tokenRoutes = new Map<string, TokenHandler>();

  constructor(discovery: DiscoveryService) {
    const scanner = new MetadataScanner();
    for (const { instance, metatype } of discovery.getControllers()) {
      const controller = instance as Record<string, unknown> | undefined;
      if (!controller || !metatype) continue;
      const prefix = (Reflect.getMetadata(PATH_METADATA, metatype) as string | undefined) ?? '';
      for (const name of scanner.getAllMethodNames(Object.getPrototypeOf(controller) as object))
        this.add(controller, name, prefix);
    }
  }

  private add(controller: Record<string, unknown>, name: string, prefix: string): void {
    const handler = controller[name];
    if (typeof handler !== 'function') return;
    const paths = Reflect.getMetadata(PATH_METADATA, handler) as string | string[] | undefined;
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (paths === undefined || method === undefined) return;
    for (const path of Array.isArray(paths) ? paths : [paths]) {
      this.routes.push({ method: RequestMethod[method], segments: segmentsOf(`${prefix}/${path}`) });
    }
    const tokenRoute = Reflect.getMetadata(TOKEN_ROUTE, handler) as string | undefined;
    if (tokenRoute !== undefined) this.tokenRoutes.set(tokenRoute, handler.bind(controller) as TokenHandler);
  }

  /** The methods that the path has, for 405 answers; empty when the path is unknown. */
  methodsOf(path: string): string[] {
    const segments = segmentsOf(path);
    return [...new Set(this.routes.filter((route) => matches(route, segments)).map((route) => route.method))];
  }
}
