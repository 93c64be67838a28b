import { Activity, Boxes, KeyRound, MessageSquare, Plug, type LucideIcon } from 'lucide-react';
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

/** A view of the page. */
export interface View {
  readonly path: string;
  /** Key of its name in the texts of the frame. */
  readonly name: 'chat' | 'models' | 'activity' | 'keys' | 'connect';
  readonly icon: LucideIcon;
  readonly component: LazyExoticComponent<ComponentType>;
}

/** The views, in the order of the menu. Each is fetched when it is first looked at. */
export const VIEWS: readonly View[] = [
  { path: '/', name: 'chat', icon: MessageSquare, component: lazy(() => import('./pages/chat/chat.page')) },
  { path: '/models', name: 'models', icon: Boxes, component: lazy(() => import('./pages/models/models.page')) },
  {
    path: '/activity',
    name: 'activity',
    icon: Activity,
    component: lazy(() => import('./pages/activity/activity.page')),
  },
  { path: '/keys', name: 'keys', icon: KeyRound, component: lazy(() => import('./pages/keys/keys.page')) },
  { path: '/connect', name: 'connect', icon: Plug, component: lazy(() => import('./pages/connect/connect.page')) },
];
