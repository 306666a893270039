"""The address book as the app sees it (wecom.md §5.3): one department, no mobiles, visible members only."""

from __future__ import annotations

from adapters.emulator.company import Employee
from adapters.emulator.wecom.gateway import Answer, Call
from adapters.emulator.wecom.recipients import ROOT_DEPARTMENT
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.state import State


class Directory:
    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, call: Call) -> Answer:
        """Apps made since 2022-06-20 get no mobile, mail or avatar here."""
        employee = self._find(call.query.get("userid", ""))
        return {
            "userid": employee.wecom,
            "name": employee.name,
            "department": [1],
            "order": [0],
            "position": employee.title,
            "isleader": 0,
            "is_leader_in_dept": [0],
            "direct_leader": [],
            "main_department": 1,
            "status": 1,
            "alias": "",
            "telephone": "",
            "extattr": {"attrs": []},
        }

    def simplelist(self, call: Call) -> Answer:
        if call.query.get("department_id") != ROOT_DEPARTMENT:
            raise Refusal(60123)
        visible = [employee for employee in self._state.members() if self._state.visible(employee.wecom)]
        return {"userlist": [{"userid": e.wecom, "name": e.name, "department": [1]} for e in visible]}

    def getuserid(self, call: Call) -> Answer:
        mobile = call.body.child("mobile").text()
        found = next((member for member in self._state.members() if member.mobile == mobile), None)
        if found is None:
            raise Refusal(46004, "user not exist")
        return {"userid": found.wecom}

    def departments(self, _call: Call) -> Answer:
        return {"department_id": [{"id": 1, "parentid": 0, "order": 1}]}

    def _find(self, userid: str) -> Employee:
        employee = self._state.company.on_wecom(userid)
        if employee is None:
            raise Refusal(60111)
        if self._state.visible(userid) is None:
            raise Refusal(60011)
        return employee
