import { getRecharge, setRecharge, deleteRecharge } from '@/server/operations/auto-recharge';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(getRecharge, setRecharge, deleteRecharge);
