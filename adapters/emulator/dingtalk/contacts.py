"""The contact directory of the old host (§5). None of these calls is counted against the quota."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from adapters.emulator.company import Employee
from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.refusals import Family, refuse_old
from adapters.emulator.dingtalk.tenant import Tenant

READ_USER = "qyapi_get_member"
READ_BY_MOBILE = "qyapi_get_member_by_mobile"
READ_MEMBERS = "qyapi_get_department_member"
READ_DEPARTMENTS = "qyapi_get_department_list"
SEARCH = "qyapi_addresslist_search"
MOBILE_FIELD = "fieldMobile"
ROOT = 1


@dataclass(frozen=True)
class Department:
    id: int
    name: str
    parent: int
    members: tuple[str, ...] = ()


class Contacts:
    """Without departments of their own, all people are direct members of the root."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self.departments: dict[int, Department] = {}

    def apis(self) -> list[Api]:
        return [
            _old("/topapi/v2/user/get", self._get, READ_USER),
            _old("/topapi/v2/user/getbymobile", self._by_mobile, READ_BY_MOBILE),
            _old("/topapi/user/getbyunionid", self._by_union_id, READ_USER),
            _old("/topapi/v2/user/list", self._list, READ_MEMBERS),
            _old("/topapi/user/listid", self._list_ids, READ_MEMBERS),
            _old("/topapi/v2/department/listsub", self._list_sub, READ_DEPARTMENTS),
            _old("/topapi/v2/department/listsubid", self._list_sub_ids, READ_DEPARTMENTS),
            _old("/topapi/v2/department/get", self._department, READ_DEPARTMENTS),
            _old("/topapi/v2/department/listparentbyuser", self._parents, READ_DEPARTMENTS),
            Api("POST", "/v1.0/contact/users/search", self._search, scope=SEARCH, metered=False),
        ]

    def _get(self, call: Call) -> Json:
        return _ok(self._profile(self._employee(_given(call, "userid"))))

    def _by_mobile(self, call: Call) -> Json:
        mobile = _given(call, "mobile")
        return _ok({"userid": self._first(lambda e: e.mobile == mobile, 60121, "找不到该用户").dingtalk})

    def _by_union_id(self, call: Call) -> Json:
        union_id = _given(call, "unionid")
        if union_id in self._tenant.outsiders:
            return _ok({"userid": union_id, "contact_type": 1})
        found = self._first(lambda e: e.union_id == union_id, 60122, "unionid不存在")
        return _ok({"userid": found.dingtalk, "contact_type": 0})

    def _list(self, call: Call) -> Json:
        people = [self._profile(e) for e in self._members(call)]
        cursor, size = _number(call, "cursor", 0), _number(call, "size", 10)
        if not 1 <= size <= 100:
            raise refuse_old(40035, "不合法的参数 size")
        page: Json = {"list": people[cursor : cursor + size], "has_more": cursor + size < len(people)}
        return _ok(page | ({"next_cursor": cursor + size} if page["has_more"] else {}))

    def _list_ids(self, call: Call) -> Json:
        return _ok({"userid_list": [e.dingtalk for e in self._members(call)]})

    def _list_sub(self, call: Call) -> Json:
        return _ok([_shown(d) for d in self._children(call)])

    def _list_sub_ids(self, call: Call) -> Json:
        return _ok({"dept_id_list": [d.id for d in self._children(call)]})

    def _department(self, call: Call) -> Json:
        return _ok(_shown(self._known(_number(call, "dept_id", ROOT))))

    def _parents(self, call: Call) -> Json:
        chains = [self._upwards(d) for d in self._of(self._employee(_given(call, "userid")).dingtalk)]
        return _ok({"parent_list": [{"parent_dept_id_list": chain} for chain in chains]})

    def _search(self, call: Call) -> Json:
        word = call.text("queryWord")
        exact = call.body.get("fullMatchField") == 1
        found = [e.dingtalk for e in self._people() if (e.name == word if exact else word in e.name)]
        start, size = _number(call, "offset", 0), _number(call, "size", 10)
        page = found[start : start + size]
        return {"list": page, "totalCount": len(found), "hasMore": start + size < len(found)}

    # ── looking up ──────────────────────────────────────────────────────────────────────────────

    def _people(self) -> list[Employee]:
        return [e for e in self._tenant.company.employees if e.dingtalk and self._tenant.reaches(e.dingtalk)]

    def _employee(self, userid: str) -> Employee:
        """Asked for by userid, who is outside the app's range is told apart from nobody."""
        if self._tenant.knows(userid) and not self._tenant.reaches(userid):
            raise refuse_old(50002, "请求的员工userid不在授权范围内")
        return self._first(lambda e: e.dingtalk == userid, 60121, "找不到该用户")

    def _first(self, fits: Callable[[Employee], bool], errcode: int, errmsg: str) -> Employee:
        """Whoever is outside the app's range does not exist for it."""
        found = next((e for e in self._people() if fits(e)), None)
        if found is None:
            raise refuse_old(errcode, errmsg)
        return found

    def _known(self, dept_id: int) -> Department:
        if dept_id == ROOT:
            return Department(ROOT, self._tenant.company.name, 0, tuple(self._unplaced()))
        if dept_id not in self.departments:
            raise refuse_old(60003, "部门不存在")
        return self.departments[dept_id]

    def _unplaced(self) -> Iterable[str]:
        placed = {userid for d in self.departments.values() for userid in d.members}
        return (e.dingtalk for e in self._people() if e.dingtalk not in placed)

    def _members(self, call: Call) -> list[Employee]:
        members = set(self._known(_number(call, "dept_id", ROOT)).members)
        return [e for e in self._people() if e.dingtalk in members]

    def _children(self, call: Call) -> list[Department]:
        parent = self._known(_number(call, "dept_id", ROOT))
        return [d for d in self.departments.values() if d.parent == parent.id]

    def _of(self, userid: str) -> list[int]:
        return [d.id for d in self.departments.values() if userid in d.members] or [ROOT]

    def _upwards(self, dept_id: int) -> list[int]:
        return [dept_id] if dept_id == ROOT else [dept_id, *self._upwards(self.departments[dept_id].parent)]

    def _profile(self, employee: Employee) -> Json:
        scopes = self._tenant.scopes
        # Mobile and mail are permissions of their own; without them the field is missing, no error tells.
        shows_mobile = employee.mobile and (scopes is None or MOBILE_FIELD in scopes)
        return {
            "userid": employee.dingtalk,
            "unionid": employee.union_id,
            "union_id": "",  # empty in some organisations: unionid is the one to read
            "name": employee.name,
            "avatar": "",
            "title": employee.title,
            "dept_id_list": self._of(employee.dingtalk),
            "active": True,
            "admin": False,
            "boss": False,
            **({"mobile": employee.mobile, "state_code": "86"} if shows_mobile else {}),
        }


def _old(path: str, handler: Callable[[Call], Json], scope: str) -> Api:
    return Api("POST", path, handler, Family.OLD, scope=scope, metered=False)


def _ok(result: Any) -> Json:
    return {"errcode": 0, "errmsg": "ok", "result": result, "request_id": uuid4().hex[:12]}


def _shown(department: Department) -> Json:
    return {"dept_id": department.id, "name": department.name, "parent_id": department.parent}


def _given(call: Call, name: str) -> str:
    """The old host takes a form as readily as JSON; only JSON is played."""
    value = call.body.get(name)
    if not isinstance(value, str) or not value:
        raise refuse_old(40035, f"不合法的参数 {name}")
    return value


def _number(call: Call, name: str, default: int) -> int:
    value = call.body.get(name, default)
    if isinstance(value, str) and value.isdigit():
        return int(value)
    if not isinstance(value, int):
        raise refuse_old(40035, f"不合法的参数 {name}")
    return value
